"""What every floor needs: errors with one clear sentence, safe writing, places, hashes, progress."""
