// Hosts on the tool's command line: names, or one file.

import ArgumentParser
import SwoopHosts

/// The arguments that name hosts.
enum HostArguments {
    /// Whether an argument is a hosts file.
    static func isFile(_ name: String) -> Bool {
        name.hasSuffix(".yaml") || name.hasSuffix(".yml")
    }

    /// Refuses what names no list of hosts.
    static func validate(_ hosts: [String], connectLimit: Int) throws {
        guard (1...3_600).contains(connectLimit) else {
            throw ValidationError("--connect-limit is a number of seconds from 1 to 3600")
        }
        guard hosts.count <= 1 || !hosts.contains(where: isFile) else {
            throw ValidationError("a hosts file stands alone: write the other hosts into it")
        }
    }

    /// The hosts that are named; none where there is no argument.
    static func list(_ hosts: [String]) throws(HostListError) -> [HostEntry] {
        guard let first = hosts.first else { return [] }
        return try isFile(first)
            ? HostList.read(file: first).hosts : HostList.parse(arguments: hosts).hosts
    }
}
