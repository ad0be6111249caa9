// Stands in for the package global-agent, which the install script of onnxruntime-node asks for a proxy before it
// fetches CUDA libraries from outside the registry. The runtime for the CPU ships in its package: nothing is to be
// fetched, and the script ends here, whichever npm runs it.
exports.bootstrap = () => process.exit(0)
