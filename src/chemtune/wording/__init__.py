"""The languages in which chemtune speaks to people: English as written, Korean by a catalogue."""
