// One host of a list, as the user wrote it down. What the user's SSH configuration makes of it is
// SSHConfiguration's; what the host itself says is HostFacts'.

/// A host that a cluster is to have.
package struct HostEntry: Equatable, Sendable {
    /// What people call it: in messages, in `swoop status`; unique in a list.
    package var name: String
    /// This machine, without SSH.
    package var isLocal = false
    /// What the SSH configuration is asked about: an alias, a host name or an address.
    package var address: String
    /// Cores that the agent may use; nil for all of the host's.
    package var cores: Int?
    /// Bytes that pages may take in the host's memory; nil leaves it to the agent.
    package var memoryBytes: Int64?
    /// The folder of the bundle cache on the host; nil for the user's cache folder there.
    ///
    /// A leading `~/` is the home folder there.
    package var folder: String?
    /// The folder on whose disk there pages go that its memory has no room for; nil for the first
    /// disk found. A leading `~/` as above.
    package var spillFolder: String?
    /// A line for the host's shell, run before the agent starts: `module load gcc`.
    package var prolog: String?
    package var user: String?
    package var port: Int?
    /// A file with the private key to offer first.
    package var identity: String?

    /// A host of which nothing but the name is known.
    package init(name: String) {
        self.name = name
        address = name
    }
}

extension HostEntry {
    /// The names of settings that are others in another entry.
    package func settings(unlike other: HostEntry) -> [String] {
        let differs: [(HostSetting, Bool)] = [
            (.address, address != other.address || isLocal != other.isLocal),
            (.cores, cores != other.cores), (.memory, memoryBytes != other.memoryBytes),
            (.folder, folder != other.folder), (.spill, spillFolder != other.spillFolder),
            (.prolog, prolog != other.prolog), (.user, user != other.user),
            (.port, port != other.port), (.identity, identity != other.identity),
        ]
        return differs.filter(\.1).map(\.0.rawValue)
    }
}
