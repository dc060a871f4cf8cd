// The notebooks of the repository, each run from top to bottom as Jupyter runs it, and what is
// saved of them.

import Foundation
import TestHosts
import TestPrograms
import Testing

@Suite(
    .serialized,
    .enabled(if: Jupyter.python != nil, "Jupyter's client cannot be had from PyPI with python3"))
struct NotebookTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Notebooks").standardized.path()

    static let names = [
        "FirstSteps", "EstimateFirst", "GroupBothWays", "DebianPageRank", "ParameterStudy",
    ]

    /// A cell of code with what it showed.
    private struct Cell: Decodable {
        struct Output: Decodable {
            let output_type: String
        }

        let cell_type: String
        let source: Text
        let outputs: [Output]?

        /// Whether it printed something or has a value.
        var shows: Bool { outputs?.contains { $0.output_type != "display_data" } == true }
    }

    /// A text, or its lines.
    private struct Text: Decodable, Equatable {
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

    private struct Notebook: Decodable {
        let cells: [Cell]

        var code: [Cell] { cells.filter { $0.cell_type == "code" } }
    }

    private func read(_ path: String) throws -> Notebook {
        try JSONDecoder().decode(Notebook.self, from: Data(contentsOf: URL(filePath: path)))
    }

    @Test(arguments: names)
    func aNotebookRunsFromTopToBottomAndIsSavedWithWhatItShows(name: String) throws {
        let python = try #require(Jupyter.python)
        let folder = try TestFolder()
        let environment = try Jupyter.install(in: folder)
        let saved = try read("\(Self.folder)/\(name).ipynb")
        let done = try Jupyter.ended(
            python,
            [
                "-m", "nbconvert", "--to", "notebook", "--execute", "--output-dir", folder.path,
                "\(Self.folder)/\(name).ipynb",
            ], environment: environment)
        try #require(done.status == 0, "\(done.output.suffix(4_000))")
        let ran = try read("\(folder.path)/\(name).ipynb")
        #expect(ran.code.map(\.source) == saved.code.map(\.source))
        // A reader of the repository's page sees what a person at Jupyter sees. How long work takes
        // differs, and so whether it was shown beneath its cell.
        for (cell, new) in zip(saved.code, ran.code) {
            #expect(cell.shows == new.shows, "\(cell.source.text)")
            #expect(cell.outputs?.contains { $0.output_type == "error" } == false)
        }
    }

    @Test func everyNotebookOfTheRepositoryIsRun() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder)
        #expect(Set(files) == Set(Self.names.map { "\($0).ipynb" }))
    }
}

@Suite(
    .enabled(if: Jupyter.python != nil, "Jupyter's client cannot be had from PyPI with python3"),
    .enabled(if: Lab.obstacle == nil, Comment(rawValue: Lab.obstacle ?? "")))
struct NotebookHostTests {
    @Test func theSameNotebookRunsOnTwoHosts() throws {
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
        let notebook = try Jupyter.ended(
            python,
            [
                "-m", "nbconvert", "--to", "notebook", "--execute", "--output-dir", folder.path,
                "\(NotebookTests.folder)/FirstSteps.ipynb",
            ], environment: environment)
        #expect(notebook.status == 0, "\(notebook.output.suffix(4_000))")
    }
}
