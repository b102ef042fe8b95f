"""The files behind what is shown: on a volume here, or fetched from an object store."""
