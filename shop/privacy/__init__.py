"""What is kept of people, why, until when; deleting it in time, telling it, and forgetting a person."""
