"""`hub bench`: starts a whole hub of its own, measures it from outside, and writes down what it saw."""
