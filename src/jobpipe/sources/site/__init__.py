"""Sites: crawled by Scrapy in a process of its own, whose pages come over a pipe as answers."""
