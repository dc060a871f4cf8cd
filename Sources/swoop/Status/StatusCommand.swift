// `swoop status`: the coordinators of this user, each asked once. StatusTable writes the answers
// down.

import ArgumentParser
import SwoopLaunching
import SwoopModel
import SwoopTransport

/// Lists the clusters that run on this machine.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Lists the clusters that this user has on this machine, and their nodes.",
        discussion: """
            EXAMPLES:
              swoop status                             each cluster, each node
              swoop status --json | jq -r '.[].name'   the same as a JSON array

            Of a cluster that `swoop up` brought up it also tells which hosts are
            not there: lost ones and when they are tried again, new ones and how
            far they are, leaving ones and what they wait for.

            It leaves with status 0 when there is one, and with 1 when there is
            none (with --json: always 0, and the array is empty).
            """)

    @Flag(
        help:
            "A JSON array with an object for each cluster; `nodes` has one for each node, `hosts` one for each host."
    )
    var json = false

    /// How long a coordinator has to answer.
    private static let patience = 2 * nanosecondsPerSecond

    func run() throws {
        try SwoopTool.report {
            let addresses = try CoordinatorChoice.running()
            if addresses.isEmpty, !json { throw CoordinatorChoice.absence(named: nil) }
            let rows = addresses.map { address in
                var row = StatusRow(
                    name: address.cluster, pid: address.process.pid, endpoint: address.endpoint,
                    reading: nil)
                // What is wrong with one says nothing of the others.
                do {
                    let viewer = try CoordinatorViewer(address, now: MonotonicClock.nanoseconds())
                    try Self.ask(viewer, into: &row)
                } catch {
                    row.trouble = "\(error)"
                }
                return row
            }
            if json {
                StandardOutput.write(JSONLine.text(of: rows.map(StatusJSON.init)) + "\n")
            } else {
                StandardOutput.write(
                    StatusTable.lines(of: rows).map { $0 + "\n" }.joined())
            }
        }
    }

    /// Adds the first snapshot, unless none comes in time, the nodes that are there, and the hosts
    /// of a cluster that keeps any.
    private static func ask(
        _ viewer: consuming CoordinatorViewer, into row: inout StatusRow
    ) throws {
        let limit = MonotonicClock.nanoseconds() + patience
        var track = UsageTrack(cluster: viewer.address.cluster)
        var poll = PollLoop()
        _ = poll.watch(viewer.socket)
        var isAnswered = false
        while !isAnswered {
            let now = MonotonicClock.nanoseconds()
            for news in viewer.news(now: now) {
                switch news {
                case .nodes(let there): row.nodes = there
                case .hosts(let states): row.hosts = states
                case .taken, .settled, .kept, .keptSettled: break
                case .usage(let usage):
                    track.take(usage, at: now)
                    isAnswered = true
                case .end(let ending):
                    row.trouble = ending.sentence
                    isAnswered = true
                }
            }
            if now > limit { break }
            if !isAnswered { try poll.wait(until: min(limit, viewer.nextDeadline(now: now))) }
        }
        viewer.close()
        row.reading = track.reading(at: MonotonicClock.nanoseconds())
    }
}
