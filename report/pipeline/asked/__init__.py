"""What a run was asked for: flags as settings, the window, the form, what files and silences add."""
