// What a host says about itself before anything of ours runs there. What its cores and its memory
// are for a program, the program itself finds out there, when its agent begins.

/// A host as its probe found it.
package struct HostFacts: Equatable, Sendable {
    /// As `uname -m` says it.
    package var architecture: String
    /// Bytes free where the bundle cache is.
    package var freeBytes: Int64
    /// The bundle cache there, an absolute path.
    package var folder: String
    /// This machine's address on the connection to the host, as our own socket has it: what the
    /// host says of it could be any address of ours. Empty through a jump host or another proxy,
    /// where there is no such socket.
    package var clientAddress: String
    /// The host's address on that connection, as our own socket has it; empty likewise.
    package var reachedAddress = ""
    /// The host's own address on the connection that it sees, by its own words; empty when they are
    /// no address.
    package var hostAddress: String
    /// Digests of the manifest that the host lacks, each once.
    package var missing: [String]

    package init(
        architecture: String, freeBytes: Int64, folder: String, clientAddress: String,
        hostAddress: String,
        missing: [String]
    ) {
        self.architecture = architecture
        self.freeBytes = freeBytes
        self.folder = folder
        self.clientAddress = clientAddress
        self.hostAddress = hostAddress
        self.missing = missing
    }
}
