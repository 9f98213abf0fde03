//! Drives a real Chromium by its DevTools protocol: messages of JSON through two pipes, so that no port is opened.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// What it is called where.
const NAMES: [&str; 4] = ["chromium", "google-chrome", "chromium-browser", "chrome"];

const PATIENCE: Duration = Duration::from_secs(60);

/// A browser with one tab, and everything that it said unasked.
pub struct Page {
    process: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    session: Option<String>,
    calls: u64,
    events: Vec<Value>,
    _profile: TempDir,
}

/// How a page is shown.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    pub width: u32,
    pub height: u32,
    pub dark: bool,
}

pub const DESKTOP: Screen = Screen { width: 1280, height: 900, dark: false };
pub const PHONE: Screen = Screen { width: 390, height: 844, dark: false };

impl Screen {
    pub fn dark(self) -> Self {
        Self { dark: true, ..self }
    }
}

impl Page {
    /// A file as a browser shows it on a screen; scripts do not run where `scripts` is false.
    pub fn open(path: &Path, screen: Screen, scripts: bool) -> Self {
        let mut page = Self::start();
        let target = page.call("Target.createTarget", &json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = page.call("Target.attachToTarget", &attach);
        page.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            page.call(&format!("{domain}.enable"), &json!({}));
        }
        page.call("Emulation.setScriptExecutionDisabled", &json!({ "value": !scripts }));
        let phone = screen.width < 500;
        page.call(
            "Emulation.setDeviceMetricsOverride",
            &json!({ "width": screen.width, "height": screen.height, "deviceScaleFactor": 1, "mobile": phone }),
        );
        page.call("Emulation.setTouchEmulationEnabled", &json!({ "enabled": phone }));
        let scheme = if screen.dark { "dark" } else { "light" };
        page.media("screen", scheme);
        let url = format!("file://{}", path.display());
        let navigated = page.call("Page.navigate", &json!({ "url": url }));
        assert_eq!(navigated["errorText"], Value::Null, "{url}");
        page.wait("Page.loadEventFired");
        page
    }

    fn start() -> Self {
        let name = std::env::var("CHROMIUM").unwrap_or_else(|_| {
            let found = |name: &&&str| Command::new(name).arg("--version").output().is_ok_and(|o| o.status.success());
            NAMES
                .iter()
                .find(found)
                .map_or_else(|| panic!("install Chromium to run this test"), |name| (*name).to_owned())
        });
        let profile = tempfile::tempdir().expect("a temporary directory can be made");
        // The pages are ours, so they need no sandbox; it does not start for root or in a container.
        let script = format!(
            "exec {name} --headless --no-sandbox --disable-gpu --hide-scrollbars --no-first-run --disable-extensions \
             --disable-background-networking --disable-dev-shm-usage --remote-debugging-pipe --user-data-dir='{}' \
             3<&0 4>&1 >/dev/null 2>&1",
            profile.path().display()
        );
        let mut process = Command::new("sh")
            .args(["-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("there is a shell");
        let input = process.stdin.take().expect("it is piped");
        let output = process.stdout.take().expect("it is piped");
        let (send, messages) = channel();
        thread::spawn(move || {
            for message in BufReader::new(output).split(0).map_while(Result::ok) {
                let message = serde_json::from_slice(&message).expect("Chromium speaks JSON");
                if send.send(message).is_err() {
                    break;
                }
            }
        });
        Self { process, input, messages, session: None, calls: 0, events: Vec::new(), _profile: profile }
    }

    /// The result of a command; panics when it fails or Chromium is not there.
    pub fn call(&mut self, method: &str, parameters: &Value) -> Value {
        self.calls += 1;
        let mut message = json!({ "id": self.calls, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.input.write_all(format!("{message}\0").as_bytes()).expect("Chromium listens");
        let began = Instant::now();
        loop {
            let left = PATIENCE.saturating_sub(began.elapsed());
            let mut answer = self
                .messages
                .recv_timeout(left)
                .unwrap_or_else(|error| panic!("Chromium does not answer to {method}: {error}"));
            if answer["id"] == self.calls {
                assert_eq!(answer["error"], Value::Null, "{method} {parameters}");
                return answer["result"].take();
            }
            self.events.push(answer);
        }
    }

    fn wait(&mut self, event: &str) {
        let began = Instant::now();
        while !self.events.iter().any(|known| known["method"] == event) {
            let left = PATIENCE.saturating_sub(began.elapsed());
            let message = self.messages.recv_timeout(left).unwrap_or_else(|error| panic!("no {event}: {error}"));
            self.events.push(message);
        }
    }

    /// Screen or paper, light or dark.
    pub fn media(&mut self, media: &str, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", &json!({ "media": media, "features": features }));
    }

    /// What a JavaScript expression gives in the page.
    #[track_caller]
    pub fn eval(&mut self, expression: &str) -> Value {
        let parameters = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let mut answer = self.call("Runtime.evaluate", &parameters);
        assert_eq!(answer["exceptionDetails"], Value::Null, "{}", expression.chars().take(300).collect::<String>());
        answer["result"]["value"].take()
    }

    #[track_caller]
    pub fn text(&mut self, expression: &str) -> String {
        let value = self.eval(expression);
        value.as_str().unwrap_or_else(|| panic!("{expression} is no text: {value}")).to_owned()
    }

    /// Moves the pointer to the middle of an element.
    pub fn point_at(&mut self, selector: &str) {
        let [x, y] = self.middle(selector);
        self.call("Input.dispatchMouseEvent", &json!({ "type": "mouseMoved", "x": x, "y": y }));
    }

    pub fn click(&mut self, selector: &str) {
        let [x, y] = self.middle(selector);
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", &event);
        }
    }

    pub fn tap(&mut self, selector: &str) {
        let [x, y] = self.middle(selector);
        for (kind, points) in [("touchStart", json!([{ "x": x, "y": y }])), ("touchEnd", json!([]))] {
            self.call("Input.dispatchTouchEvent", &json!({ "type": kind, "touchPoints": points }));
        }
    }

    pub fn press(&mut self, key: &str) {
        let code = match key {
            "Tab" => 9,
            "Enter" => 13,
            "Escape" => 27,
            "End" => 35,
            "Home" => 36,
            "ArrowLeft" => 37,
            "ArrowRight" => 39,
            _ => panic!("{key} has no code here"),
        };
        let text = if key == "Enter" { "\r" } else { "" };
        for kind in ["keyDown", "keyUp"] {
            let event = json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text });
            self.call("Input.dispatchKeyEvent", &event);
        }
    }

    fn middle(&mut self, selector: &str) -> [Value; 2] {
        let place = self.eval(&format!(
            "(() => {{ const e = document.querySelector({selector:?}); e.scrollIntoView({{ block: 'center' }}); \
             const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; }})()"
        ));
        [place[0].clone(), place[1].clone()]
    }

    /// The whole page or, where that is long, its beginning, as a PNG in base 64.
    pub fn screenshot(&mut self) -> String {
        let picture = self.call("Page.captureScreenshot", &json!({ "format": "png" }));
        picture["data"].as_str().expect("a picture").to_owned()
    }

    /// The page on paper, as a PDF in base 64.
    pub fn pdf(&mut self) -> String {
        // No medium is emulated any more, so that printing is for paper.
        self.media("", "light");
        let printed = self.call("Page.printToPDF", &json!({ "preferCSSPageSize": true }));
        printed["data"].as_str().expect("a document").to_owned()
    }

    /// Errors and warnings of the console, and exceptions.
    pub fn complaints(&mut self) -> Vec<String> {
        // What was said before is here when this is answered.
        self.eval("new Promise((done) => setTimeout(done, 50))");
        let complains = |event: &&Value| match event["method"].as_str() {
            Some("Runtime.exceptionThrown") => true,
            Some("Runtime.consoleAPICalled") => {
                ["error", "warning", "assert"].iter().any(|kind| event["params"]["type"] == *kind)
            }
            Some("Log.entryAdded") => {
                ["error", "warning"].iter().any(|level| event["params"]["entry"]["level"] == *level)
            }
            _ => false,
        };
        self.events.iter().filter(complains).map(Value::to_string).collect()
    }

    /// The addresses that were asked for.
    pub fn requests(&self) -> Vec<&str> {
        let sent = self.events.iter().filter(|event| event["method"] == "Network.requestWillBeSent");
        sent.filter_map(|event| event["params"]["request"]["url"].as_str()).collect()
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = self.input.write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0");
        for _ in 0..50 {
            if self.process.try_wait().is_ok_and(|ended| ended.is_some()) {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
