"""What a booth asks its host before its first visitor."""
