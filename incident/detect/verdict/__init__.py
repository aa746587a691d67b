"""Which candidates are incidents, which are chance or like the same hours of earlier days, which are one."""
