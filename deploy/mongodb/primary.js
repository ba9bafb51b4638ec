// The health check: ends with 0 when this server takes writes. Makes the replica set of one where there is none yet.
const member = process.env.MONGODB_MEMBER || "mongodb:27017";
const password = encodeURIComponent(process.env.MONGO_INITDB_ROOT_PASSWORD);
const admin = new Mongo(`mongodb://root:${password}@127.0.0.1:27017/admin?directConnection=true`).getDB("admin");

const hello = admin.hello();
if (!hello.setName && !hello.isreplicaset) {
  quit(1); // the server that makes the users, before the set
}
if (!hello.setName) {
  const made = admin.runCommand({ replSetInitiate: { _id: "rs0", members: [{ _id: 0, host: member }] } });
  quit(made.ok ? 1 : 2); // the next check finds the primary
}
quit(hello.isWritablePrimary ? 0 : 1);
