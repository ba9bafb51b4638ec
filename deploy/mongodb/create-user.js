// Run once by the image, on an empty data folder: the user that job-pipe writes its documents with.
db.getSiblingDB("jobpipe").createUser({
  user: "jobpipe",
  pwd: process.env.DOCUMENTS_PASSWORD,
  roles: [{ role: "readWrite", db: "jobpipe" }],
});
