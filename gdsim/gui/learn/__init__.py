"""What the bench Learn asks of the engine: the model at the cursor, in parts that views want."""
