// The tool `swoop`: one command for each thing that a person wants of running clusters.

import ArgumentParser
import Glibc

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
              swoop doctor alpha    what this machine and a host lack
              swoop init Pi         a package to begin with

            A cluster is there while a program that uses Swoop runs, or from
            `swoop up` to `swoop down`. The tool finds those of the user who
            calls it.
            """,
        version: Version.text,
        subcommands: [
            UpCommand.self, DownCommand.self, StatusCommand.self, TopCommand.self,
            DoctorCommand.self, InitCommand.self,
        ])

    /// A failed command says why on standard error and leaves with status 1.
    static func report(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let status as ExitCode {
            throw status
        } catch {
            StandardError.say("\(error)")
            throw ExitCode(1)
        }
    }
}
