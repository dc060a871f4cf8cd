// What a bringing up is told and what it tells: values only.

import Glibc
package import SwoopTransport

/// How hosts are brought up.
package struct BringUpOptions: Hashable, Sendable {
    /// From the first packet to a logged-in session, in nanoseconds; 10 s.
    ///
    /// The probe of the host gets as much again.
    package var connectLimit: Int64 = 10_000_000_000
    /// How long a transfer may stand still; 20 s.
    package var stallLimit: Int64 = 20_000_000_000
    /// From the start command to `joined`; 20 s.
    package var startLimit: Int64 = 20_000_000_000
    /// Take the key of a host that was never seen and write it into the user's known hosts.
    package var acceptsNewKeys = false
    /// A file to read instead of the user's SSH configuration (`ssh -F`).
    ///
    /// The default is what the environment says in `SWOOP_SSH_CONFIG`.
    package var configurationFile: String?
    /// The socket of the SSH agent, in place of the one that the environment names.
    package var agentSocket: String?
    /// Hosts that are being brought up at the same time.
    package var threadsMax = 32

    package init() {
        if let path = unsafe getenv("SWOOP_SSH_CONFIG") {
            configurationFile = unsafe String(cString: path)
        }
    }
}

/// What a host's agent is started with; made once the host's own words are known.
package struct AgentStart: Sendable {
    /// Written to the agent's standard input as it is; it ends in a newline. Keys are in it.
    package var configuration: Secret
    /// After the program's name.
    package var arguments: [String]
    /// More variables for it, no secrets: a command line shows them.
    package var environment: [String: String]
    /// Where a port of ours that the host cannot reach is: carried to it through SSH when its agent
    /// says that it cannot reach us. An address and port of this machine.
    package var carriedAddress: String
    package var carriedPort: UInt16

    package init(
        configuration: Secret, arguments: [String] = [], environment: [String: String] = [:],
        carriedAddress: String = "127.0.0.1", carriedPort: UInt16
    ) {
        self.configuration = configuration
        self.arguments = arguments
        self.environment = environment
        self.carriedAddress = carriedAddress
        self.carriedPort = carriedPort
    }
}

/// How far a host is.
package enum HostProgress: Equatable, Sendable {
    case connecting
    case checking
    /// Compressed bytes sent so far, and in all.
    case sending(bytes: Int64, of: Int64)
    case starting
    /// `isCarried`: its agent reaches us through the SSH connection, which stays open.
    case joined(isCarried: Bool)
    case failed(HostError)
}

/// What became of a host.
package struct HostOutcome: Sendable {
    package var host: HostEntry
    /// What it said; nil when it did not come to that.
    package var facts: HostFacts?
    /// Nil: its agent has joined.
    package var failure: HostError?
    /// The connection through which its agent reaches us; nil when it reaches us by itself.
    ///
    /// It lives until it is closed: keep it as long as the cluster.
    package var carried: CarriedPort?
}
