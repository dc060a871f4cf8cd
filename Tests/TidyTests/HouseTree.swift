// The files of the package, read once: what every tidy test looks at. Finds the package's root from
// the place of this file, so that it does not matter where the tests are started. What the files
// must satisfy is in HouseRules.swift.

import Foundation
import TestPrograms

/// One text file of the package.
struct HouseFile: Sendable {
    /// Relative to the package's root.
    let path: String
    let text: String
    /// The text, line by line.
    let lines: [Substring]
    /// The same lines with comments and the contents of literals turned to spaces (Swift files
    /// only).
    let code: [Substring]

    init(path: String, text: String) {
        self.path = path
        self.text = text
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        code =
            path.hasSuffix(".swift")
            ? CodeText.withoutCommentsAndLiterals(text)
                .split(separator: "\n", omittingEmptySubsequences: false)
            : lines
    }

    /// The file's name without its folders.
    var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    var isSwift: Bool { path.hasSuffix(".swift") }

    /// `path:line`, as editors understand it.
    func place(_ index: Int) -> String { "\(path):\(index + 1)" }
}

/// The package as it lies on disk.
enum HouseTree {
    /// The folder that holds Package.swift.
    static let root: URL = {
        var folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        while folder.path != "/" {
            folder.deleteLastPathComponent()
            let manifest = folder.appendingPathComponent("Package.swift").path
            if FileManager.default.fileExists(atPath: manifest) { return folder }
        }
        return folder
    }()

    /// Paths of every file that is in version control or would be, relative to the root, in order.
    ///
    /// Asks git, which knows what is ignored; without git it walks, leaving hidden folders out.
    static let paths: [String] = {
        let listed = try? output(
            of: ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        let found =
            listed?.split(separator: "\0").map(String.init).filter { exists($0) } ?? walked()
        return found.sorted()
    }()

    /// Swift, C and header files below Sources, Tests and Examples.
    static let sources: [HouseFile] = paths.filter { path in
        let isSource = [".swift", ".c", ".h"].contains { path.hasSuffix($0) }
        return isSource && ["Sources/", "Tests/", "Examples/"].contains { path.hasPrefix($0) }
    }.compactMap(file)

    /// The same without this folder, which names in its rules what it forbids.
    static let ruled: [HouseFile] = sources.filter { !$0.path.hasPrefix("Tests/TidyTests/") }

    /// Reads one file; nil if it is absent or no text.
    static func file(_ path: String) -> HouseFile? {
        guard let data = FileManager.default.contents(atPath: absolute(path)),
            let text = String(data: data, encoding: .utf8)
        else { return nil }
        return HouseFile(path: path, text: text)
    }

    /// Size in bytes of one file.
    static func size(_ path: String) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: absolute(path))
        return (attributes?[.size] as? NSNumber)?.intValue ?? 0
    }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: absolute(path))
    }

    /// What a program, started in the root, prints; throws unless it ends well.
    static func output(of command: [String]) throws -> String {
        let end = try CommandEnd(of: command, in: root.path)
        guard end.status == 0 else { throw CommandFailed(command: command, status: end.status) }
        return end.output
    }

    private static func absolute(_ path: String) -> String {
        root.appendingPathComponent(path).path
    }

    private static func walked() -> [String] {
        let prefix = root.path + "/"
        let walk = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
        var found: [String] = []
        while let url = walk?.nextObject() as? URL {
            let path = String(url.path.dropFirst(prefix.count))
            if path == ".git" || path.hasPrefix(".build") {
                walk?.skipDescendants()
            } else if !url.hasDirectoryPath {
                found.append(path)
            }
        }
        return found
    }
}

/// A program that the tests needed said no.
struct CommandFailed: Error {
    let command: [String]
    let status: Int32
}
