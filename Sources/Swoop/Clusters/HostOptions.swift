// Which other machines a cluster is to have, and how they are brought up.

import SwoopModel

/// Machines of a cluster, and how they are brought up: over SSH, with nothing installed there.
///
/// ```swift
/// var options = HostOptions(["alpha", "worker@beta:cores=8,folder=/scratch/me"])
/// options.acceptsNewKeys = true
/// try await withCluster(.hosts(options)) { cluster in … }
/// ```
public struct HostOptions: Sendable {
    /// Where the hosts are named.
    enum Source: Sendable {
        case file(String)
        case list([String])
    }

    var source: Source
    /// Takes the key of a host that was never seen, and notes it in the user's known hosts.
    ///
    /// Without it such a host is refused, with the command that accepts it.
    public var acceptsNewKeys = false
    /// How long a host may take until somebody is logged in there.
    public var connectLimit: Duration = .seconds(10)
    /// How long an agent goes on when it hears nothing of the coordinator; then it ends, and leaves
    /// nothing but the cache of programs.
    public var grace: Duration = .nanoseconds(Agreed.grace)
    /// Whether `swoop top` and other tools of this user may find the cluster.
    public var isVisible = true
    /// Whether runtimes are learned from earlier programs, and kept for later ones.
    public var learns = true
    /// Whether lines that tasks print, and remarks, are written to this process's output.
    public var showsOutput = true
    /// Where lines that tasks print are written to.
    public var taskOutput = TaskOutput.standardError
    /// Whether it is told on standard error how far hosts are, and then plans.
    public var showsProgress = true

    /// The hosts of a file: YAML, as `Deploy/hosts.example.yaml` shows it.
    public init(file: String) { source = .file(file) }

    /// Hosts by name or alias: `alpha`, `worker@beta:cores=8,folder=/scratch/me`, `local` for this
    /// machine.
    public init(_ hosts: [String]) { source = .list(hosts) }
}

extension ClusterSpec {
    /// Other machines, named in a file.
    public static func hosts(file: String) -> ClusterSpec { .hosts(HostOptions(file: file)) }

    /// Other machines, by a list of names.
    public static func hosts(_ hosts: [String]) -> ClusterSpec { .hosts(HostOptions(hosts)) }

    /// Other machines, by name.
    public static func hosts(_ hosts: String...) -> ClusterSpec { .hosts(HostOptions(hosts)) }
}
