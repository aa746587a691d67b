"""Many services at once: what stands out of a screening, joined to candidates, and incidents in common.

Nothing here decides that there was an incident: it says where to look closely, and afterwards which
of the incidents found began together.
"""
