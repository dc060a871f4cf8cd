// Hosts of a standing cluster, as people are told of them and as they ask for them.

/// A host of a standing cluster, and what it is about.
package struct HostState: Equatable, Sendable {
    /// Where a host stands.
    package enum Phase: UInt8, Hashable, Sendable, CaseIterable {
        /// Its agent is there.
        case up
        /// It is being brought up.
        case coming
        /// It was lost, and is tried again.
        case waiting
        /// It hands its work on, and ends then.
        case leaving
    }

    /// As the list of hosts names it.
    package var name: String
    package var phase: Phase
    /// While it waits: until it is tried again. While it leaves: until its runs are handed on.
    package var nanosecondsLeft: Int64
    /// Trials in a row that came to nothing.
    package var tries: UInt32
    /// How far it is, why it was lost, or what it still waits for; empty where all is well.
    package var text: String

    package init(
        name: String, phase: Phase, nanosecondsLeft: Int64 = 0, tries: UInt32 = 0, text: String = ""
    ) {
        self.name = name
        self.phase = phase
        self.nanosecondsLeft = nanosecondsLeft
        self.tries = tries
        self.text = text
    }
}

/// Hosts that somebody wants in a standing cluster, and how they are reached.
package struct HostsWanted: Equatable, Sendable {
    /// A hosts file, with its whole path; empty: none.
    package var file: String
    /// Hosts as they stand on a command line.
    package var hosts: [String]
    package var acceptsNewKeys: Bool
    /// Seconds until somebody is logged in.
    package var connectLimit: UInt32
    /// The socket of the SSH agent of who asks; empty: none.
    package var agentSocket: String
    /// The SSH configuration of who asks, in place of the user's own; empty: none.
    package var configuration: String

    package init(
        file: String, hosts: [String], acceptsNewKeys: Bool, connectLimit: UInt32,
        agentSocket: String = "", configuration: String = ""
    ) {
        self.file = file
        self.hosts = hosts
        self.acceptsNewKeys = acceptsNewKeys
        self.connectLimit = connectLimit
        self.agentSocket = agentSocket
        self.configuration = configuration
    }
}

/// What became of a host that somebody asked for, or asked to take away.
package struct HostResult: Equatable, Sendable {
    package var host: String
    /// How far it came, where it failed.
    package var step: String
    /// Why it is not as it was wanted; empty: it is.
    package var failure: String
    /// Whether its agent reaches the coordinator through the SSH connection.
    package var isCarried: Bool
    /// What its user should know though all is well; empty: nothing.
    package var remark: String

    package init(
        host: String, step: String = "", failure: String = "", isCarried: Bool = false,
        remark: String = ""
    ) {
        self.host = host
        self.step = step
        self.failure = failure
        self.isCarried = isCarried
        self.remark = remark
    }
}
