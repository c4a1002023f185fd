// Stands in the build for what dockerode loads and Instar never uses (SSH transport, BuildKit sessions):
// without them the daemon is 25 MB smaller.
module.exports = {};
