"""The desk's values: records that are stored, commands that are asked for, events that happened, changes to commit."""
