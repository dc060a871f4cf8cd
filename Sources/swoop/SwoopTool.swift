// The tool `swoop`: one command for each thing that a person wants of running clusters.

import ArgumentParser
import Glibc
import SwoopLaunching

/// The command line.
@main struct SwoopTool: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "swoop",
        abstract: "Brings up, watches and ends clusters that run Swift functions.",
        discussion: """
            EXAMPLES:
              swoop up hosts.yaml   bring machines up over SSH, with nothing
                                    installed there
              swoop down            end what is up
              swoop top             watch every core of the newest cluster
              swoop top --wait      the same, as soon as a program starts one
              swoop status          the clusters that run here, and their nodes
              swoop data            what the cluster that is up keeps by name
              swoop models          what was learned of functions
              swoop doctor alpha    what this machine and a host lack
              swoop init Pi         a package to begin with
              swoop kernel install  Swift cells in Jupyter

            A cluster is there while a program that uses Swoop runs, or from
            `swoop up` to `swoop down`. The tool finds those of the user who
            calls it.
            """,
        version: Version.text,
        subcommands: [
            UpCommand.self, DownCommand.self, StatusCommand.self, TopCommand.self,
            DataCommand.self, ModelsCommand.self, DoctorCommand.self, InitCommand.self,
            KernelCommand.self,
        ])

    /// Begins with the words that the program was started with, wherever Swift finds none.
    static func main() {
        let words = ProgramArguments.ofThisProcess()
        if let unknown = NearestCommand(for: words) {
            let hint = unknown.name.map { ": did you mean `swoop \($0)`?" } ?? ""
            StandardError.say(
                "there is no command `\(unknown.word)`\(hint) (`swoop --help` lists all)")
            Glibc.exit(ExitCode.validationFailure.rawValue)
        }
        main(words)
    }

    /// A failed command says why on standard error and leaves with status 1.
    ///
    /// - Parameter needsProcesses: it looks for processes, which are found in /proc.
    static func report(needsProcesses: Bool = true, _ body: () throws -> Void) throws {
        do {
            if needsProcesses, !ProgramArguments.seesProcesses {
                throw ToolError(
                    "nothing was done: /proc shows no processes here, and without it the clusters "
                        + "of this machine can be neither found nor ended; mount it "
                        + "(`mount -t proc proc /proc`), or call `swoop` where it is mounted")
            }
            try body()
        } catch let status as ExitCode {
            throw status
        } catch {
            StandardError.say("\(error)")
            throw ExitCode(1)
        }
    }
}
