"""The hosts under their groups, and the host under the cursor."""
