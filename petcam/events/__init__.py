"""What happens while nobody watches: visits of pets, noticed from the detector's results and kept."""
