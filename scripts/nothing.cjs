// Stands in for packages that are optional to those that ask for them (scripts/build.mjs). The next line is said here,
// because esbuild adds it or not by which of two ways leads to this file first, and every build must be the same.
"use strict";
module.exports = {};
