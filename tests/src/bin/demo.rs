//! The demo: six services from structs to an upgraded database, on a PostgreSQL of its own.
//!
//! It runs the binary that lies beside it, in a copy of the fixture platform, and shows every command with what it prints. With
//! `--url` and `--folder` it works on a database and a folder that stay; run there again, it changes nothing.

#![expect(clippy::print_stdout, reason = "a demo is there to be read")]

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use limbeck_database::connect::runtime;
use limbeck_database::scratch::{Scratch, ScratchOptions};

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// The services whose revisions are committed; the other two get theirs while you watch.
const WITH_HISTORY: [&str; 4] = ["habits", "journal", "meals", "movements"];
const WITHOUT_HISTORY: [&str; 2] = ["practices", "users"];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("\nthe demo stops: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let Options { url, folder } = Options::read()?;
    let temporary = tempfile::tempdir()?;
    let folder = folder.unwrap_or_else(|| temporary.path().join("mindmirror"));
    match url {
        Some(url) => walk(&Demo { folder, url }),
        None => {
            let runtime = runtime()?;
            let mut scratch = runtime.block_on(Scratch::open(&ScratchOptions::default()))?;
            let database = runtime.block_on(scratch.database())?;
            println!("PostgreSQL of its own: {}", scratch.describe());
            let done = walk(&Demo { folder, url: database.target().secret_url() });
            runtime.block_on(database.close())?;
            done
        }
    }
}

/// The phases.
fn walk(demo: &Demo) -> Result<()> {
    phase("0. One project, six services");
    demo.prepare()?;
    demo.show_file("limbeck.toml", 16)?;
    demo.limbeck(&["init"], &[0])?;
    demo.limbeck(&["status", "--all"], &[0, 1])?;

    phase("1. Two services with a history: look, upgrade, look again");
    for service in ["habits", "movements"] {
        demo.limbeck(&["current", "--service", service], &[0])?;
        demo.limbeck(&["history", "--service", service], &[0])?;
        demo.limbeck(&["upgrade", "--service", service], &[0])?;
        demo.limbeck(&["current", "--service", service], &[0])?;
    }

    phase("2. The same again: nothing to do");
    for service in ["habits", "movements"] {
        demo.limbeck(&["upgrade", "--service", service], &[0])?;
    }

    phase("3. Two services without a history: a revision from the models, to be reviewed, then applied");
    for service in WITHOUT_HISTORY {
        demo.limbeck(&["history", "--service", service], &[0])?;
        demo.limbeck(&["revision", "--service", service, "-m", "from the models"], &[0])?;
        demo.review(service)?;
        demo.limbeck(&["upgrade", "--service", service], &[0])?;
        demo.limbeck(&["current", "--service", service], &[0])?;
        demo.limbeck(&["revision", "--service", service, "-m", "nothing new"], &[0])?;
    }

    phase("4. All six in order, unattended: first what would run, then run it, then again");
    demo.limbeck_quietly(&["upgrade", "--all", "--sql"])?;
    demo.limbeck(&["upgrade", "--all"], &[0])?;
    demo.limbeck(&["upgrade", "--all"], &[0])?;

    phase("5. Verify: every service at head, models and database agree");
    demo.limbeck(&["status", "--all"], &[0])?;
    demo.limbeck(&["check", "--all"], &[0])?;
    println!("\nDone: six services at head, and no drift.");
    Ok(())
}

fn phase(title: &str) {
    println!("\n== {title}");
}

struct Options {
    url: Option<String>,
    folder: Option<PathBuf>,
}

impl Options {
    fn read() -> Result<Self> {
        let mut options = Self { url: None, folder: None };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("`{argument}` needs a value"));
            match argument.as_str() {
                "--url" => options.url = Some(value()?),
                "--folder" => options.folder = Some(value()?.into()),
                _ => {
                    return Err(format!(
                        "unknown option `{argument}`: there are `--url URL` and `--folder FOLDER`"
                    )
                    .into());
                }
            }
        }
        Ok(options)
    }
}

/// Where the demo works.
struct Demo {
    folder: PathBuf,
    url: String,
}

impl Demo {
    /// Copies the platform, unless an earlier run has done so.
    fn prepare(&self) -> Result<()> {
        if self.folder.join("limbeck.toml").exists() {
            println!("the project is there from an earlier run");
            return Ok(());
        }
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/mindmirror");
        fs::create_dir_all(&self.folder)?;
        fs::copy(fixture.join("limbeck.toml"), self.folder.join("limbeck.toml"))?;
        for service in WITH_HISTORY.iter().chain(&WITHOUT_HISTORY) {
            copy(&fixture.join(service).join("src"), &self.folder.join(service).join("src"))?;
            fs::create_dir_all(self.folder.join(service).join("migrations"))?;
        }
        for service in WITH_HISTORY {
            copy(&fixture.join(service).join("migrations"), &self.folder.join(service).join("migrations"))?;
        }
        Ok(())
    }

    /// Runs `limbeck`, shows it, and insists on one of the exit statuses.
    fn limbeck(&self, arguments: &[&str], allowed: &[i32]) -> Result<()> {
        println!("\n$ limbeck {}", arguments.join(" "));
        self.run(arguments, allowed, true)
    }

    /// Runs `limbeck` and shows only how much it printed.
    fn limbeck_quietly(&self, arguments: &[&str]) -> Result<()> {
        println!("\n$ limbeck {}", arguments.join(" "));
        self.run(arguments, &[0], false)
    }

    fn run(&self, arguments: &[&str], allowed: &[i32], shown: bool) -> Result<()> {
        let beside =
            std::env::current_exe()?.with_file_name(format!("limbeck{}", std::env::consts::EXE_SUFFIX));
        let output = Command::new(&beside)
            .args(arguments)
            .current_dir(&self.folder)
            .env("DATABASE_URL", &self.url)
            .output()?;
        let stdout = String::from_utf8_lossy(&output.stdout);
        let status = output.status.code().unwrap_or(-1);
        if shown {
            print!("{stdout}");
        } else {
            println!("({} lines of SQL)", stdout.lines().count());
        }
        print!("{}", String::from_utf8_lossy(&output.stderr));
        if allowed.contains(&status) {
            Ok(())
        } else {
            Err(format!("`limbeck {}` exits {status}", arguments.join(" ")).into())
        }
    }

    /// Shows the revision of a service, and refuses one that reaches into another service's schema.
    fn review(&self, service: &str) -> Result<()> {
        let folder = self.folder.join(service).join("migrations");
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            let text = fs::read_to_string(&path)?;
            let upgrade = text.split("-- limbeck:downgrade").next().unwrap_or_default();
            println!(
                "\n$ head {service}/migrations/{}",
                path.file_name().unwrap_or_default().to_string_lossy()
            );
            for line in text.lines().take(30) {
                println!("{line}");
            }
            println!("… {} lines", text.lines().count());
            for other in WITH_HISTORY.iter().chain(&WITHOUT_HISTORY).filter(|other| **other != service) {
                let foreign = upgrade
                    .lines()
                    .any(|line| line.starts_with("DROP ") && line.contains(&format!(" {other}.")));
                if foreign {
                    return Err(format!("the revision of {service} drops what belongs to {other}").into());
                }
            }
            println!("reviewed: it drops nothing outside of its own schema");
        }
        Ok(())
    }

    fn show_file(&self, name: &str, lines: usize) -> Result<()> {
        println!("\n$ head {name}");
        for line in fs::read_to_string(self.folder.join(name))?.lines().take(lines) {
            println!("{line}");
        }
        Ok(())
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
