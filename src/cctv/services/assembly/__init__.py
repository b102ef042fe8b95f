"""What each service is made of, a file a service: routers and loops of its rooms, with what they need."""
