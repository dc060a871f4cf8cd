// `swoop data`: what standing clusters keep by name, and the end of it. KeptTable writes it down.

import ArgumentParser
import SwoopLaunching
import SwoopModel

/// Lists and frees kept data.
struct DataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data",
        abstract: "Lists what programs kept in a cluster that is up, and frees it.",
        discussion: """
            EXAMPLES:
              swoop data                                 names, types, sizes, places
              swoop data --json | jq -r '.[].name'       the same as a JSON array
              swoop data free sales                      keep it no longer

            A program keeps an array or a value with
            `try await cluster.keep(sales, as: "sales")`; others of the same user
            read it with `remote.kept("sales", of: Sale.self)`. Each page is on two
            hosts where there are two. Kept data ends with its cluster.
            """,
        subcommands: [ListDataCommand.self, FreeDataCommand.self],
        defaultSubcommand: ListDataCommand.self)
}

/// Lists kept data.
struct ListDataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists what is kept.",
        discussion: """
            EXAMPLES:
              swoop data list --name night   of one of several clusters
            """)

    @Option(help: "The cluster; without it all that are up.")
    var name: String?

    @Flag(help: "A JSON array with an object for each name.")
    var json = false

    func run() throws {
        try SwoopTool.report {
            var rows: [(cluster: String, kept: [KeptState])] = []
            var failures: [any Error] = []
            for address in try KeptOrders.clusters(named: name) {
                do {
                    rows.append((address.cluster, try KeptOrders(address).everything()))
                } catch {
                    failures.append(error)
                }
            }
            // One that does not answer hides nothing of the others.
            if rows.isEmpty, let failure = failures.first { throw failure }
            show(rows)
            for failure in failures { StandardError.say("\(failure)") }
            if !failures.isEmpty { throw ExitCode(1) }
        }
    }

    private func show(_ rows: [(cluster: String, kept: [KeptState])]) {
        if json {
            let all = rows.flatMap { row in row.kept.map { KeptJSON($0, of: row.cluster) } }
            return StandardOutput.write(JSONLine.text(of: all) + "\n")
        }
        guard rows.contains(where: { !$0.kept.isEmpty }) else {
            let names = rows.map(\.cluster).joined(separator: ", ")
            return StandardError.say(
                "nothing is kept in \(names); a program keeps something with "
                    + "`try await cluster.keep(array, as: \"NAME\")`")
        }
        let lines = rows.flatMap { row in row.kept.map { KeptTable.cells($0, of: row.cluster) } }
        StandardOutput.write(
            StatusTable.lines([KeptTable.heading] + lines).map { $0 + "\n" }.joined())
    }
}

/// Frees kept data.
struct FreeDataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "free", abstract: "Keeps data no longer.",
        discussion: """
            EXAMPLES:
              swoop data free sales prices   both, or neither if one is not there

            Programs that read it at the moment go on; its memory is free when they
            are done.
            """)

    @ArgumentParser.Argument(help: "What it is kept as.")
    var names: [String]

    @Option(help: "The cluster, where it is not the only one.")
    var name: String?

    func run() throws {
        try SwoopTool.report {
            let clusters = try KeptOrders.clusters(named: name)
            guard let only = clusters.first, clusters.count == 1 else {
                let all = clusters.map(\.cluster).joined(separator: ", ")
                throw ToolError("several clusters are up: \(all). Name the one with --name.")
            }
            try KeptOrders(only).free(names)
            StandardError.say("\(names.joined(separator: " ")): kept no longer")
        }
    }
}
