// The documents and what version control holds: every target has its section, every file that a
// document names is there, nothing names a machine, nothing is too large, the root stays as it is.

import Foundation
import Testing

@Suite struct DocumentTests {
    @Test func `every target has its section in ARCHITECTURE`() throws {
        let graph = try PackageGraph.declared.get()
        let document = try #require(HouseTree.file("ARCHITECTURE.md"))
        let headings = document.lines.filter { $0.hasPrefix("#") }
        var violations: [String] = []
        for room in graph.rooms {
            let name = "`\(room.name)`"
            let isTold =
                HouseRules.kind(of: room) == .test
                ? document.text.contains(name) : headings.contains { $0.contains(name) }
            if !isTold { violations.append("no heading (for a test: no word) on \(name)") }
        }
        expectNone(violations)
    }

    @Test(arguments: ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "DECISIONS.md"])
    func `every file that a document names is there`(document: String) throws {
        let text = try #require(HouseTree.file(document))
        let absent = Self.fileNames(in: text).filter { named in
            !HouseTree.paths.contains { $0 == named.name || $0.hasSuffix("/" + named.name) }
        }
        expectNone(absent.map { "\(text.place($0.line)): there is no \($0.name)" })
    }

    @Test func `nothing names a folder of one machine`() {
        let documents = HouseTree.paths.filter { path in
            path.hasSuffix(".md") || path == "Makefile" || path.hasPrefix(".ci/")
        }
        var violations: [String] = []
        for file in HouseTree.ruled + documents.compactMap(HouseTree.file) {
            for (index, line) in file.lines.enumerated() {
                // The user of test hosts, which the tests themselves make.
                let line = line.replacing("/home/worker", with: "")
                for folder in ["/home/", "/root/", "/Users/"]
                where Self.begins(folder, in: line) {
                    violations.append("\(file.place(index)): \(folder) is of one machine")
                }
            }
        }
        expectNone(violations)
    }

    @Test func `no file in version control is over 200 KB`() {
        let large = HouseTree.paths.filter { HouseTree.size($0) > HouseRules.blobSizeMax }
        expectNone(large.map { "\($0): \(HouseTree.size($0)) bytes" })
    }

    @Test func `the root holds what it is meant to hold`() {
        let names = Set(HouseTree.paths.map { path in String(path.prefix { $0 != "/" }) })
        expectNone(names.subtracting(HouseRules.root).sorted().map { "\($0): not at the root" })
    }

    @Test func `the root's documents exist`() {
        let documents = [
            "README.md", "ARCHITECTURE.md", "DECISIONS.md", "CONTRIBUTING.md", "CHANGELOG.md",
            "Makefile",
            ".swift-format", ".ci/run",
        ]
        expectNone(documents.filter { !HouseTree.exists($0) })
    }

    /// Names of files in backquotes, each with the index of its line; a name in a sentence without
    /// its ending, or with a placeholder in it, is none.
    private static func fileNames(in document: HouseFile) -> [(line: Int, name: String)] {
        document.lines.enumerated().flatMap { index, line in
            line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .filter { !$0.offset.isMultiple(of: 2) }
                .map { String($0.element) }
                .filter { name in
                    let endings = [".swift", ".c", ".h", ".proto", ".md"]
                    return endings.contains { name.hasSuffix($0) && name.count > $0.count }
                        && name.allSatisfy { CodeText.isWord($0) || "/.+-".contains($0) }
                }
                .map { (index, $0) }
        }
    }

    /// Whether a path of the line begins with `folder`, rather than containing it further in.
    private static func begins(_ folder: String, in line: Substring) -> Bool {
        guard let range = line.firstRange(of: folder) else { return false }
        guard range.lowerBound > line.startIndex else { return true }
        let before = line[line.index(before: range.lowerBound)]
        return !CodeText.isWord(before) && !".$}*)/".contains(before)
    }
}
