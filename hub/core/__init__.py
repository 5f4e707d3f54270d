"""What decides: values in, values out. Nothing here waits, reads a clock or touches the world."""
