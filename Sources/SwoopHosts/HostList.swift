// The hosts of a cluster as a user names them on a command line; HostList+File.swift reads them
// from a file.

import SwoopModel

/// The hosts that a cluster is to have.
package struct HostList: Equatable, Sendable {
    /// What the cluster is called; nil where the user did not care.
    package var clusterName: String?
    /// In the order of the list; no name twice.
    package var hosts: [HostEntry]

    package init(clusterName: String? = nil, hosts: [HostEntry]) {
        self.clusterName = clusterName
        self.hosts = hosts
    }

    /// Hosts of a command line: `host1`, `user@host2:cores=8,folder=/scratch/me`,
    /// `[::1]:port=2222`, `local`.
    package static func parse(arguments: [String]) throws(HostListError) -> HostList {
        var list = HostList(hosts: [])
        for argument in arguments {
            do throws(HostListError) {
                try list.add(try HostEntry(argument: argument, defaults: HostEntry(name: "")))
            } catch {
                throw HostListError("\"\(argument)\": \(error.message)")
            }
        }
        guard !list.hosts.isEmpty else { throw HostListError("the list names no host") }
        return list
    }

    mutating func add(_ host: HostEntry) throws(HostListError) {
        guard !hosts.contains(where: { $0.name == host.name }) else {
            throw HostListError(
                "\"\(host.name)\" is in the list twice: give one of them another name"
                    + " (name and address) or more cores")
        }
        hosts.append(host)
    }
}

/// What is wrong with a list of hosts, for people.
package struct HostListError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file; nil for a command line.
    package var file: String?
    /// The line there, from 1; 0 when it is about none.
    package var line: Int
    /// What is wrong, and what would be right.
    package var message: String

    init(_ message: String, file: String? = nil, line: Int = 0) {
        self.file = file
        self.line = line
        // Words of the list stand in it, whatever they are.
        self.message = PrintableText.line(message)
    }

    package var description: String {
        let place = [file.map(PrintableText.line), line > 0 ? String(line) : nil].compactMap(\.self)
        return (place.isEmpty ? "" : place.joined(separator: ":") + ": ") + message
    }
}

extension HostEntry {
    /// A host in the form of a command line, above the defaults of a list.
    init(argument: String, defaults: HostEntry) throws(HostListError) {
        var rest = Substring(argument)
        self = defaults
        if let at = rest.prefix(while: { $0 != ":" && $0 != "=" }).lastIndex(of: "@") {
            if let problem = HostSetting.user.set(String(rest[..<at]), in: &self) {
                throw HostListError(problem)
            }
            rest = rest[rest.index(after: at)...]
        }
        if rest.hasPrefix("["), let end = rest.firstIndex(of: "]") {
            name = String(rest[rest.index(after: rest.startIndex)..<end])
            rest = rest[rest.index(after: end)...]
        } else {
            name = String(rest.prefix { $0 != ":" })
            rest = rest.dropFirst(name.count)
        }
        if let problem = HostNames.objection(toAddress: name) { throw HostListError(problem) }
        address = name
        isLocal = name == "local"
        guard !rest.isEmpty else { return }
        guard rest.first == ":" else { throw HostListError("after the host comes : or nothing") }
        try set(rest.dropFirst())
    }

    /// Reads `cores=8,folder=/scratch/me`; a comma before anything but a setting belongs to the
    /// value.
    private mutating func set(_ text: Substring) throws(HostListError) {
        var pairs: [(setting: HostSetting, value: String)] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let key = part.prefix { $0 != "=" }
            if part.contains("="), let setting = HostSetting(rawValue: String(key)) {
                pairs.append((setting, String(part.dropFirst(key.count + 1))))
            } else if let last = pairs.last?.setting, [.prolog, .folder, .spill].contains(last) {
                pairs[pairs.count - 1].value += "," + part
            } else {
                throw HostListError(
                    "\"\(part)\" is no setting: write host:cores=8,folder=/scratch with any of "
                        + HostSetting.names() + "; an IPv6 address goes into [ ]")
            }
        }
        for pair in pairs {
            if let problem = pair.setting.set(pair.value, in: &self) {
                throw HostListError(problem)
            }
        }
    }
}
