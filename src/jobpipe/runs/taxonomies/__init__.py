"""The taxonomies of a project: versions, which is in force, and what a release does before it is applied."""
