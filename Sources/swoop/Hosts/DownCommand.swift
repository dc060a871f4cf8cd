// `swoop down`: ends a standing cluster, its agents first, and waits until its coordinator has
// gone.

import ArgumentParser
import Glibc
import SwoopLaunching
import SwoopTransport

/// Ends a standing cluster.
struct DownCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down",
        abstract: "Ends a cluster that `swoop up` brought up.",
        discussion: """
            EXAMPLES:
              swoop down            the one that is up
              swoop down night      the one of that name

            Its agents end with it; what programs had running there ends with an
            error. On the hosts nothing is left but the cache of programs
            (~/.cache/swoop unless told otherwise). Programs that started a
            cluster for themselves end it themselves.
            """)

    @Argument(help: "The cluster's name; needed only when several are up.")
    var name: String?

    /// Nanoseconds that a coordinator has to end its agents.
    private static let patience: Int64 = 10_000_000_000

    func run() throws {
        try SwoopTool.report {
            let address = try choice()
            guard address.process.standing != .foreign else {
                let file = try RuntimeFolder.ofUser().path(of: address)
                throw ToolError(
                    "\(address.cluster) was brought up in another namespace of processes (a "
                        + "container?): run `swoop down` there. If it has ended, remove \(file)")
            }
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
            StandardError.say("\(address.cluster) is down")
        }
    }

    private func choice() throws -> CoordinatorAddress {
        let running = try CoordinatorChoice.running()
        let standing = running.filter { $0.holder != .program }
        if let name {
            if let found = standing.first(where: { $0.cluster == name }) { return found }
            if let own = running.first(where: { $0.cluster == name }) {
                throw ToolError(
                    "\(name) belongs to a program (process \(own.process.pid)) and ends with it")
            }
            throw CoordinatorChoice.absence(named: name)
        }
        guard let only = standing.first else {
            throw ToolError("no cluster is up here for this user: there is nothing to end")
        }
        guard standing.count == 1 else {
            let names = standing.map(\.cluster).joined(separator: ", ")
            throw ToolError("several clusters are up: \(names). Name the one to end.")
        }
        return only
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
}
