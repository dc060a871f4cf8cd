// `swoop init NAME`: a package to begin with. PackageTemplate has its files.

import ArgumentParser
import FoundationEssentials

/// Writes a package that builds and runs.
struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract:
            "Writes a small package that uses Swoop: a function, a plan, an estimate, a test.",
        discussion: """
            EXAMPLES:
              swoop init Pi                      into the new folder Pi
              swoop init Pi --swoop ~/src/swoop  with the Swoop of that clone
              swoop init                         into this folder, which is empty
              cd Pi && swift run -c release      builds and runs it
              swift test                         tests it, on all cores

            The package depends on the Swoop that this tool was built from, by its
            path; --swoop names another clone, or a repository's URL.
            """)

    @ArgumentParser.Argument(
        help: "The package's name, and its new folder; this folder and its name unless told.")
    var name: String?

    @Option(name: .customLong("swoop"), help: "A clone of Swoop, or the URL of its repository.")
    var source: String?

    func run() throws {
        try SwoopTool.report(needsProcesses: false) {
            let here = URL(filePath: FileManager.default.currentDirectoryPath)
            // A shell completes the name of a folder with a slash.
            let name = name.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
            let folder = name.map { here.appending(path: $0) } ?? here
            let template = PackageTemplate(
                name: try PackageName(name ?? here.lastPathComponent),
                source: try SwoopSource.find(source))
            try write(template, to: folder)
            let place = name.map { "cd \($0) && " } ?? ""
            StandardError.say(
                "\(template.name.text) is written: \(place)swift run -c release, then swift test")
        }
    }

    private func write(_ template: PackageTemplate, to folder: URL) throws {
        let manager = FileManager.default
        let path = folder.path(percentEncoded: false)
        do {
            try manager.createDirectory(at: folder, withIntermediateDirectories: true)
            // What a clone or an editor leaves in a new folder is not in the way.
            let others = try manager.contentsOfDirectory(atPath: path).filter {
                !$0.hasPrefix(".")
            }
            guard others.isEmpty else {
                throw ToolError(
                    "there is something in \(path) already (\(others.sorted()[0])): give the"
                        + " package another name, or empty the folder")
            }
            for (name, text) in template.files {
                let file = folder.appending(path: name)
                try manager.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(text.utf8).write(to: file)
            }
        } catch let error as ToolError {
            throw error
        } catch {
            let words =
                switch (error as? CocoaError)?.code {
                case .fileWriteNoPermission?: "permission denied"
                case .fileWriteVolumeReadOnly?: "the file system is read-only"
                case .fileWriteOutOfSpace?: "no space is left there"
                case .fileWriteFileExists?: "a file has that name"
                default: "\(error)"
                }
            throw ToolError("\(path) cannot be written: \(words)")
        }
    }
}
