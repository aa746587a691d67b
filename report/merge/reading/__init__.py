"""A draft as it is read: lines that know what they mean, rows of tables, blocks with their anchors."""
