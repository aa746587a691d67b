"""The flow, and the verbs of the command line that run it; joins collector, incident and report."""
