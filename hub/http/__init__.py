"""What web and gateway share: who is asking, from where, and how an error is told over HTTP."""
