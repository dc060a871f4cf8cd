// `swoop models`: what was learned of functions, in words; its end; and how well anybody's own
// measurements would have been foretold. ModelTable and ModelPlot write it down.

import ArgumentParser
import FoundationEssentials
import Swoop
import SwoopForecast
import SwoopLaunching
import SwoopModel
import SwoopStorage

/// Shows and forgets what was learned.
struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "What was learned of functions: how long they take, and how that grows.",
        discussion: """
            EXAMPLES:
              swoop models                         every function, the newest first
              swoop models --json | jq '.[0]'      the same as a JSON array
              swoop models show simulate           one of them, with a plot
              swoop models export simulate         its runs as a table
              swoop models evaluate runs.csv       learn the smaller half of your own
                                                   measurements, foretell the others
              swoop models forget simulate         learn it anew

            Programs learn as they run, and estimates are made of it. It is kept in
            $XDG_STATE_HOME/swoop/models.sqlite, else below ~/.local/state.
            """,
        subcommands: [
            ListModelsCommand.self, ShowModelCommand.self, ExportModelCommand.self,
            EvaluateModelCommand.self, ForgetModelCommand.self,
        ],
        defaultSubcommand: ListModelsCommand.self)

    /// The database, and what it has.
    static func load() throws -> (store: ModelStore, functions: [LearnedFunction]) {
        let path = LocalOptions.modelPath
        guard !path.isEmpty, FileManager.default.fileExists(atPath: path) else {
            throw ToolError(
                "nothing was learned yet; a program learns when it runs"
                    + (path.isEmpty ? ", where HOME is set" : " (looked for \(path))"))
        }
        let (store, remark) = ModelStore.open(path: path) {
            OwnFile.trouble(ofKept: $0)
        }
        if let remark { throw ToolError(remark) }
        return (store, LearnedFunction.all(of: try store.load()))
    }

    /// The functions of a name, or of the whole identity.
    static func chosen(_ name: String, among functions: [LearnedFunction]) throws
        -> [LearnedFunction]
    {
        let found = functions.filter { $0.name == name || $0.identity == name }
        guard found.isEmpty else { return found }
        let alike = functions.filter { $0.name.contains(name) }.prefix(5).map(\.name)
        throw ToolError(
            "nothing is known of a function called \(name)"
                + (alike.isEmpty
                    ? "; `swoop models` lists all" : "; is it \(alike.joined(separator: " or "))?"))
    }

    /// The one of a name; the newest where there are a debug and a release build of it.
    static func only(_ name: String, among functions: [LearnedFunction]) throws -> LearnedFunction {
        let found = try chosen(name, among: functions)
        let identities = Set(found.map(\.identity)).sorted()
        guard identities.count == 1, let function = found.first else {
            throw ToolError(
                "\(identities.count) functions are called \(name); name one whole:\n  "
                    + identities.joined(separator: "\n  "))
        }
        return function
    }
}

/// Lists learned functions.
struct ListModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the functions that something is known of.")

    @Flag(help: "A JSON array with an object for each function.")
    var json = false

    func run() throws {
        try SwoopTool.report(needsProcesses: false) {
            let (_, functions) = try ModelsCommand.load()
            if json {
                return StandardOutput.write(JSONLine.text(of: functions.map(ModelJSON.init)) + "\n")
            }
            if functions.isEmpty { return StandardError.say("nothing was learned yet") }
            StandardOutput.write(
                StatusTable.lines([ModelTable.heading] + functions.map(ModelTable.cells))
                    .map { $0 + "\n" }.joined())
        }
    }
}

/// Shows one function.
struct ShowModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows one function: its law, its runs, a plot of both.",
        discussion: """
            EXAMPLES:
              swoop models show simulate
              swoop models show 'Pi/Pi.swift:isInside(_:Int)->Bool'
            """)

    @ArgumentParser.Argument(help: "Its name, or all that `--json` says of it as identity.")
    var name: String

    func run() throws {
        try SwoopTool.report(needsProcesses: false) {
            let found = try ModelsCommand.chosen(name, among: ModelsCommand.load().functions)
            let pages = found.map { ModelTable.page($0).map { $0 + "\n" }.joined() }
            StandardOutput.write(pages.joined(separator: "\n"))
        }
    }
}

/// Writes the runs of one function as a table.
struct ExportModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Writes the runs of a function as a table (CSV).",
        discussion: """
            EXAMPLES:
              swoop models export simulate >runs.csv && swoop models evaluate runs.csv
            """)

    @ArgumentParser.Argument(help: "Its name, or all that `--json` says of it as identity.")
    var name: String

    func run() throws {
        try SwoopTool.report(needsProcesses: false) {
            let function = try ModelsCommand.only(name, among: ModelsCommand.load().functions)
            StandardOutput.write(
                MeasurementFile.text(of: function.records, sizes: function.sizes))
        }
    }
}

/// Learns the smaller runs of a table, and predicts the others.
struct EvaluateModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Learns the smaller of your own measurements, and foretells the larger ones.",
        discussion: """
            EXAMPLES:
              swoop models evaluate runs.csv               of a table like this:
                                                             n,seconds
                                                             1000,0.013
                                                             2000,0.027
              swoop models evaluate runs.csv --learn 0.25  from a quarter of the runs
              swoop models evaluate runs.csv --time wall   the column with the seconds

            DISTANCE is by how much a run costs more than the largest that was
            learned from. Of good ranges of 90 % nine in ten hold.
            """)

    @ArgumentParser.Argument(help: "The table; - for standard input.")
    var file: String

    @Option(help: "The share of the runs to learn from, the smallest ones.")
    var learn = 0.5

    @Option(help: "The column with the seconds; `seconds` or the last one unless told.")
    var time: String?

    @Flag(help: "A JSON object.")
    var json = false

    func validate() throws {
        guard learn > 0, learn < 1 else {
            throw ValidationError("--learn is a share between 0 and 1, such as 0.5")
        }
    }

    func run() throws {
        try SwoopTool.report(needsProcesses: false) {
            let measured = try MeasurementFile(Self.text(of: file), time: time)
            guard
                let trial = ForecastTrial(measured.runs, learning: learn, sizes: measured.sizes)
            else {
                throw ToolError(
                    "\(Quantities.count(measured.runs.count, "run")) of too few sizes: "
                        + "\(ForecastTrial.learnedMin) to learn from and larger ones to foretell")
            }
            if json { return StandardOutput.write(JSONLine.text(of: TrialJSON(trial)) + "\n") }
            let said =
                "learned from \(trial.learnedCount) of \(measured.runs.count) runs: "
                + ModelTable.sentence(trial.law)
            StandardOutput.write(PrintableText.line(said) + "\n")
            StandardOutput.write(
                StatusTable.lines([ModelTable.trialHeading] + ModelTable.cells(trial))
                    .map { $0 + "\n" }.joined())
        }
    }

    /// More is no table of measurements.
    private static let byteCountMax = 64 << 20

    private static func text(of path: String) throws -> String {
        var text = ""
        if path == "-" {
            while let line = readLine(strippingNewline: false), text.utf8.count <= byteCountMax {
                text += line
            }
        } else {
            guard FileManager.default.fileExists(atPath: path) else {
                throw ToolError("\(path) cannot be read: there is no such file")
            }
            guard let data = try? Data(contentsOf: URL(filePath: path)) else {
                throw ToolError("\(path) cannot be read: it is no file, or not yours to read")
            }
            text = String(decoding: data.prefix(byteCountMax + 1), as: UTF8.self)
        }
        guard text.utf8.count <= byteCountMax else {
            throw ToolError("\(path) has more than \(byteCountMax >> 20) MiB: take a sample of it")
        }
        return text
    }
}

/// Forgets functions.
struct ForgetModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget", abstract: "Forgets what was learned of a function.",
        discussion: """
            EXAMPLES:
              swoop models forget simulate
              swoop models forget --all

            A program that runs meanwhile goes on with what it knows, and writes
            down what it learns.
            """)

    @ArgumentParser.Argument(help: "Names, or what `--json` says of them as identity.")
    var names: [String] = []

    @Flag(help: "Forget every function.")
    var all = false

    func validate() throws {
        guard all == names.isEmpty else {
            throw ValidationError("name the functions, or give --all and no name")
        }
    }

    func run() throws {
        try SwoopTool.report(needsProcesses: false) {
            let (store, functions) = try ModelsCommand.load()
            let chosen =
                try all
                ? functions : names.flatMap { try ModelsCommand.chosen($0, among: functions) }
            let identities = Set(chosen.map(\.identity)).sorted()
            for identity in identities { try store.forget(identity: identity) }
            store.close()
            StandardError.say("\(Quantities.count(identities.count, "function")) forgotten")
        }
    }
}
