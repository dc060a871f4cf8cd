// `swoop down`: ends a standing cluster, its agents first, and waits until its coordinator has
// gone; or takes hosts away from one that goes on.

import ArgumentParser
import Glibc
import SwoopLaunching
import SwoopModel
import SwoopTransport

/// Ends a standing cluster, or takes hosts away from it.
struct DownCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down",
        abstract: "Ends a cluster that `swoop up` brought up, or takes hosts away from it.",
        discussion: """
            EXAMPLES:
              swoop down                      the cluster that is up
              swoop down night                the one of that name
              swoop down beta                 one of its hosts; the rest goes on
              swoop down --within 5 beta      tasks there have five seconds left
              swoop down --name night beta    a host of the cluster night

            Its agents end with a cluster; what programs had running there ends
            with an error. On the hosts nothing is left but the cache of programs
            (~/.cache/swoop unless told otherwise). Programs that started a
            cluster for themselves end it themselves.

            A host that is taken away is given nothing new. What it has not begun
            goes to others; what runs there may end, and is run again elsewhere
            after --within; pages that only it has are copied or made again. Then
            its agent ends. No program loses work by it, and kept data moves to the
            other hosts; with the whole cluster it ends. Ctrl-C stops the waiting,
            not the leaving: `swoop up HOST` keeps the host.
            """)

    @ArgumentParser.Argument(
        help: "A cluster's name, needed only when several are up; or hosts of a cluster.")
    var names: [String] = []

    @Option(help: "The cluster, where it is not the only one or is called like a host.")
    var name: String?

    @Option(help: "Seconds that tasks on a leaving host have to end, before they are handed on.")
    var within = 60

    @Flag(
        help: "No lines of progress; of hosts, at the end, a JSON array with one object for each.")
    var json = false

    /// Nanoseconds that a coordinator has to end its agents.
    private static let patience: Int64 = 10_000_000_000

    func validate() throws {
        guard (0...86_400).contains(within) else {
            throw ValidationError("--within is a number of seconds from 0 to 86400")
        }
    }

    func run() throws {
        try SwoopTool.report {
            switch try DownChoice(names: names, cluster: name) {
            case .cluster(let address): try end(address)
            case .hosts(let hosts, let address): try takeDown(hosts, of: address)
            }
        }
    }

    // MARK: A cluster

    private func end(_ address: CoordinatorAddress) throws {
        guard address.process.standing != .foreign else {
            let file = try RuntimeFolder.ofUser().path(of: address)
            throw ToolError(
                "\(address.cluster) was \(CoordinatorAddress.elsewhere): run `swoop down` there. "
                    + "If it has ended, remove \(file)")
        }
        // Only for the farewell: whoever does not answer can be ended.
        let orders = KeptOrders(address, patience: nanosecondsPerSecond)
        let kept = (try? orders.everything()) ?? []
        // Its number may be another process's by the time that a signal is sent to it.
        guard let end = ProcessEnd(of: address.process) else {
            if !address.process.hasEnded { throw Self.deaf(address) }
            return StandardError.say("\(address.cluster) is down")
        }
        guard end.signal(SIGTERM) || address.process.hasEnded else { throw Self.deaf(address) }
        guard try waitForEnd(end, of: address) else {
            throw ToolError(
                "\(address.cluster) did not end within 10 s: its coordinator is process "
                    + "\(address.process.pid)")
        }
        StandardError.say("\(address.cluster) is down" + KeptTable.farewell(to: kept))
    }

    private static func deaf(_ address: CoordinatorAddress) -> ToolError {
        ToolError("its coordinator, process \(address.process.pid), cannot be told")
    }

    private func waitForEnd(_ end: ProcessEnd, of address: CoordinatorAddress) throws -> Bool {
        let limit = MonotonicClock.nanoseconds() + Self.patience
        var poll = PollLoop()
        _ = poll.watch(descriptor: end.descriptor)
        while !address.process.hasEnded {
            if MonotonicClock.nanoseconds() > limit { return false }
            try poll.wait(until: limit)
        }
        return true
    }

    // MARK: Hosts

    private func takeDown(_ hosts: [String], of address: CoordinatorAddress) throws {
        let order = ClusterHosts(address, showsProgress: !json)
        let (results, open) = try order.takeDown(hosts, within: within)
        if json {
            let all = results.map(LeftHostJSON.init) + open.map(LeftHostJSON.init(leaving:))
            StandardOutput.write(JSONLine.text(of: all) + "\n")
        } else if open.isEmpty {
            let left = results.count { $0.failure.isEmpty }
            StandardError.say(
                "\(left) of \(Quantities.count(results.count, "host")) \(left == 1 ? "has" : "have") "
                    + "left \(address.cluster)")
        } else {
            let names = open.joined(separator: " ")
            StandardError.say(
                "\(names) \(open.count == 1 ? "goes" : "go") on leaving; `swoop up \(names)` keeps "
                    + (open.count == 1 ? "it" : "them"))
        }
        if !open.isEmpty || results.contains(where: { !$0.failure.isEmpty }) { throw ExitCode(1) }
    }
}

/// What `swoop down` is to end.
enum DownChoice {
    case cluster(CoordinatorAddress)
    case hosts([String], of: CoordinatorAddress)

    /// What these words mean among the clusters that run.
    init(names: [String], cluster: String?) throws {
        let running = try CoordinatorChoice.running()
        let standing = running.filter { $0.holder != .program }
        if let cluster {
            guard let address = standing.first(where: { $0.cluster == cluster }) else {
                throw Self.absence(of: cluster, running)
            }
            self = try names.isEmpty ? .cluster(address) : .hosts(names, of: Self.taking(address))
            return
        }
        guard let first = names.first else {
            self = .cluster(try Self.only(standing))
            return
        }
        if names.count == 1, let address = standing.first(where: { $0.cluster == first }) {
            guard !Self.has(first, standing) else {
                throw ToolError(
                    "\(first) is a cluster and a host: `swoop down --name \(first)` ends the cluster, "
                        + "`swoop down --name CLUSTER \(first)` takes the host away")
            }
            self = .cluster(address)
            return
        }
        if running.contains(where: { $0.holder == .program && $0.cluster == first })
            || standing.isEmpty
        {
            throw Self.absence(of: first, running)
        }
        let known = standing.map { address in (address, Result { try Self.hosts(of: address) }) }
        let owners = known.filter { ((try? $0.1.get()) ?? []).contains(first) }.map(\.0)
        guard let owner = owners.first else { throw Self.strange(first, known) }
        guard owners.count == 1 else {
            let clusters = owners.map(\.cluster).joined(separator: ", ")
            throw ToolError(
                "\(first) is a host of several clusters: \(clusters). Name the one that is meant: "
                    + "`swoop down --name \(owner.cluster) \(first)`")
        }
        self = .hosts(names, of: owner)
    }

    private static func only(_ standing: [CoordinatorAddress]) throws -> CoordinatorAddress {
        guard let only = standing.first else {
            throw ToolError("no cluster is up here for this user: there is nothing to end")
        }
        guard standing.count == 1 else {
            let names = standing.map(\.cluster).joined(separator: ", ")
            throw ToolError("several clusters are up: \(names). Name the one to end.")
        }
        return only
    }

    private static func hosts(of address: CoordinatorAddress) throws -> [String] {
        guard address.holder == .hosts else { return [] }
        return try ClusterHosts(address, showsProgress: false).states().map(\.name)
    }

    /// Whether it is known that one of them has the host.
    private static func has(_ host: String, _ standing: [CoordinatorAddress]) -> Bool {
        standing.contains { ((try? hosts(of: $0)) ?? []).contains(host) }
    }

    private static func taking(_ address: CoordinatorAddress) throws -> CoordinatorAddress {
        guard address.holder == .hosts else {
            throw ToolError(
                "\(address.cluster) is this machine alone, and has no hosts that could leave: "
                    + "`swoop down \(address.cluster)` ends it")
        }
        return address
    }

    private static func absence(of name: String, _ running: [CoordinatorAddress]) -> ToolError {
        if let own = running.first(where: { $0.cluster == name && $0.holder == .program }) {
            return ToolError(
                "\(name) belongs to a program (process \(own.process.pid)) and ends with it")
        }
        return CoordinatorChoice.absence(named: name)
    }

    private static func strange(
        _ name: String, _ standing: [(CoordinatorAddress, Result<[String], any Error>)]
    ) -> ToolError {
        let known = standing.map { address, hosts in
            switch hosts {
            case .success(let hosts):
                address.cluster
                    + (hosts.isEmpty ? " has none" : " has " + hosts.joined(separator: ", "))
            case .failure(let error): "\(error)"
            }
        }
        return ToolError(
            "no cluster named \(name) runs here for this user, and no host of that name is in one: "
                + known.joined(separator: "; "))
    }
}

/// A host that was to leave, as JSON; what does not apply is left out.
struct LeftHostJSON: Encodable {
    var host: String
    var hasLeft: Bool
    var message: String?

    init(_ result: HostResult) {
        host = result.host
        hasLeft = result.failure.isEmpty
        message = hasLeft ? nil : result.failure
    }

    init(leaving host: String) {
        self.host = host
        hasLeft = false
        message = "\(host) goes on leaving"
    }
}
