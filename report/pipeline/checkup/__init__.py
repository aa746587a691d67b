"""Before anything goes wrong: what can be seen from here (`doctor`), and a configuration of that (`init`)."""
