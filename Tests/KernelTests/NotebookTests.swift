// The notebooks of the repository, each run from top to bottom as Jupyter runs it, and what is
// saved of them.

import Foundation
import TestHosts
import TestPrograms
import Testing

/// A notebook as it is saved.
private struct Notebook: Decodable {
    /// A cell with what it showed.
    struct Cell: Decodable {
        struct Output: Decodable {
            let output_type: String
            let ename: String?
            let evalue: String?
        }

        let cell_type: String
        let source: Text
        let outputs: [Output]?

        /// Whether it printed something or has a value.
        var shows: Bool { outputs?.contains { $0.output_type != "display_data" } == true }
    }

    /// A text, or its lines.
    struct Text: Decodable, Equatable {
        let text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let whole = try? container.decode(String.self) {
                text = whole
            } else {
                text = try container.decode([String].self).joined()
            }
        }
    }

    let cells: [Cell]

    var code: [Cell] { cells.filter { $0.cell_type == "code" } }

    /// Reads one.
    static func at(_ path: String) throws -> Notebook {
        try JSONDecoder().decode(Notebook.self, from: Data(contentsOf: URL(filePath: path)))
    }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Notebooks").standardized.path()

    static let names = [
        "FirstSteps", "EstimateFirst", "GroupBothWays", "DebianPageRank", "ParameterStudy",
    ]

    /// Runs notebooks of the repository from top to bottom as Jupyter does; each is to show what it
    /// is saved with.
    static func run(
        _ names: [String], in folder: TestFolder, environment: [String: String]
    ) throws {
        let python = try #require(Jupyter.python)
        let done = try Jupyter.ended(
            python,
            ["-m", "nbconvert", "--to", "notebook", "--execute", "--output-dir", folder.path]
                + names.map { "\(Self.folder)/\($0).ipynb" }, environment: environment)
        try #require(done.status == 0, "\(done.output.suffix(4_000))")
        for name in names {
            let saved = try at("\(Self.folder)/\(name).ipynb")
            let ran = try at("\(folder.path)/\(name).ipynb")
            #expect(ran.code.map(\.source) == saved.code.map(\.source))
            // A reader of the repository's page sees what a person at Jupyter sees. How long work
            // takes differs, and so whether it was shown beneath its cell.
            for (cell, new) in zip(saved.code, ran.code) {
                #expect(cell.shows == new.shows, "\(name): \(cell.source.text)")
                for outputs in [cell.outputs, new.outputs] {
                    let error = outputs?.first { $0.output_type == "error" }
                    #expect(error == nil, "\(name): \(error?.evalue ?? "")")
                }
            }
        }
    }
}

@Suite(
    .serialized,
    .enabled(if: Jupyter.python != nil, "Jupyter's client cannot be had from PyPI with python3"))
struct NotebookTests {
    @Test(arguments: Notebook.names)
    func aNotebookRunsFromTopToBottomAndIsSavedWithWhatItShows(name: String) throws {
        let folder = try TestFolder()
        try Notebook.run([name], in: folder, environment: Jupyter.install(in: folder))
    }

    @Test func everyNotebookOfTheRepositoryIsRun() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Notebook.folder)
        #expect(Set(files) == Set(Notebook.names.map { "\($0).ipynb" }))
    }
}

@Suite(
    .enabled(if: Jupyter.python != nil, "Jupyter's client cannot be had from PyPI with python3"),
    .enabled(if: Lab.obstacle == nil, Comment(rawValue: Lab.obstacle ?? "")))
struct NotebookHostTests {
    @Test func theSameNotebooksRunOnTwoHosts() throws {
        let python = try #require(Jupyter.python)
        let tool = try #require(ProgramRun.path(of: "swoop"))
        let folder = try TestFolder()
        let lab = try Lab()
        defer { lab.end() }
        for name in ["alpha", "beta"] { _ = try lab.host(named: name, .bookworm) }
        let environment = try Jupyter.install(in: folder)
            .merging(["SWOOP_SSH_CONFIG": lab.configurationPath]) { $1 }
        let up = try Jupyter.ended(tool, ["up", "alpha", "beta"], environment: environment)
        try #require(up.status == 0, "\(up.output)")
        defer { _ = try? Jupyter.ended(tool, ["down"], environment: environment) }
        let scene = try Jupyter.ended(python, [Jupyter.script, "hosts"], environment: environment)
        #expect(scene.status == 0, "\(scene.output.suffix(6_000))")
        try Notebook.run(Notebook.names, in: folder, environment: environment)
    }
}
