// Stands in for packages that are optional to those that ask for them (scripts/build.mjs).
module.exports = {};
