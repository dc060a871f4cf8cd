// Which coordinator a command looks at: by the files that only their owner can read.

import SwoopLaunching

/// The coordinator to look at, among those that run.
struct CoordinatorChoice {
    let address: CoordinatorAddress
    /// How many others run.
    let others: Int

    /// The one of that name, or the newest; nil when there is none.
    init?(named name: String?) throws {
        let running = try CoordinatorChoice.running()
        // Of two in one process, the last in the order of names: their age is the process's.
        let choice =
            name.map { name in running.last { $0.cluster == name } }
            ?? running.max { $0.process.startTicks < $1.process.startTicks }
        guard let choice else { return nil }
        address = choice
        others = running.count - 1
    }

    /// All that run for this user.
    static func running() throws -> [CoordinatorAddress] {
        do {
            return try RuntimeFolder.ofUser().coordinators()
        } catch {
            throw ToolError("cannot look for running clusters: \(error)")
        }
    }

    /// Why there is none, and what to do.
    static func absence(named name: String?) -> ToolError {
        let running = (try? CoordinatorChoice.running())?.map(\.cluster) ?? []
        if let name, !running.isEmpty {
            return ToolError(
                "no cluster named \(name) runs here for this user; these do: "
                    + running.joined(separator: ", "))
        }
        let what = name.map { "no cluster named \($0)" } ?? "no cluster"
        return ToolError(
            "\(what) runs here for this user. Bring hosts up (`swoop up --help`), or start a "
                + "program that uses Swoop: its cluster shows while it runs.")
    }
}
