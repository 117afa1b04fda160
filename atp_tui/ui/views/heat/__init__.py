"""The whole fleet as cells, coloured by one figure."""
