// A small H5P content type of our own for the sample nanos: questions with one right answer each, one after the other.
// It stands on nothing but H5P's core.
window.Kontor = window.Kontor || {};
window.Kontor.Quiz = (() => {
  "use strict";

  function Quiz(params, id, extras) {
    H5P.EventDispatcher.call(this);
    this.contentId = id;
    this.questions = params.questions || [];
    this.words = params.words || {};
    this.chosen = ((extras && extras.previousState && extras.previousState.chosen) || []).slice(0, this.questions.length);
  }
  Quiz.prototype = Object.create(H5P.EventDispatcher.prototype);
  Quiz.prototype.constructor = Quiz;

  function made(name, kind, text) {
    const node = document.createElement(name);
    if (kind) node.className = kind;
    if (text !== undefined) node.textContent = text;
    return node;
  }

  Quiz.prototype.getMaxScore = function () { return this.questions.length; };
  Quiz.prototype.getScore = function () {
    return this.chosen.filter((one, at) => one === this.questions[at].right).length;
  };
  Quiz.prototype.getAnswerGiven = function () { return this.chosen.length > 0; };
  Quiz.prototype.getCurrentState = function () { return { chosen: this.chosen }; };

  Quiz.prototype.attach = function ($container) {
    this.box = made("div", "kontor-quiz");
    this.box.tabIndex = -1;
    $container.get(0).append(this.box);
    this.setActivityStarted();
    this.draw(false);
  };
  Quiz.prototype.draw = function (moved) {
    this.box.replaceChildren();
    const bar = made("progress");
    bar.max = this.questions.length;
    bar.value = this.chosen.length;
    bar.setAttribute("aria-label", this.words.progress);
    this.box.append(bar);
    if (this.chosen.length < this.questions.length) this.ask(this.chosen.length);
    else this.end();
    if (moved) this.box.focus();
    this.trigger("resize");
  };
  Quiz.prototype.ask = function (at) {
    const question = this.questions[at];
    const group = made("fieldset");
    group.append(made("legend", "", question.text));
    const next = made("button", "next", at + 1 < this.questions.length ? this.words.next : this.words.finish);
    const said = made("p", "said");
    said.setAttribute("role", "status");
    next.type = "button";
    next.hidden = true;
    question.answers.forEach((text, number) => {
      const one = made("button", "answer", text);
      one.type = "button";
      one.addEventListener("click", () => {
        const right = number === question.right;
        for (const each of group.querySelectorAll("button")) each.disabled = true;
        group.querySelectorAll("button")[question.right].classList.add("right");
        if (!right) one.classList.add("wrong");
        said.textContent = `${right ? this.words.right : this.words.wrong} ${question.why}`;
        next.hidden = false;
        next.focus();
        next.addEventListener("click", () => this.go(number));
      });
      group.append(one);
    });
    this.box.append(group, said, next);
  };
  Quiz.prototype.go = function (number) {
    this.chosen.push(number);
    if (this.chosen.length < this.questions.length) this.triggerXAPI("progressed");
    else {
      const passed = this.getScore() * 2 >= this.getMaxScore();
      this.triggerXAPIScored(this.getScore(), this.getMaxScore(), "completed", true, passed);
    }
    this.draw(true);
  };
  Quiz.prototype.end = function () {
    const words = this.words.result.replace("@right", this.getScore()).replace("@all", this.getMaxScore());
    this.box.append(made("p", "result", words));
    const again = made("button", "next", this.words.again);
    again.type = "button";
    again.addEventListener("click", () => {
      this.chosen = [];
      this.draw(true);
    });
    this.box.append(again);
  };
  return Quiz;
})();
