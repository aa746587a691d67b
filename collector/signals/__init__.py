"""What is asked: which metric families a service has, and the queries that read its signals."""
