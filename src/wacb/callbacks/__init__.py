"""The data plane: sample messages, how they are delivered, received, decrypted and decoded."""
