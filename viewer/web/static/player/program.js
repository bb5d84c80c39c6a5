// GLSL programs.

/** A program with `set(values by name)`; matrices come row first, names that the shader does not use are ignored. */
export function compile(gl, vertex, fragment) {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS) && !gl.isContextLost()) throw new Error(gl.getShaderInfoLog(shader));
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) throw new Error(gl.getProgramInfoLog(program));
  const locations = new Map();
  const setters = { 1: "uniform1fv", 3: "uniform3fv", 4: "uniform4fv" };
  const set = (values) => {
    for (const [name, value] of Object.entries(values)) {
      if (!locations.has(name)) locations.set(name, gl.getUniformLocation(program, name));
      const numbers = [value].flat();
      if (numbers.length === 16) gl.uniformMatrix4fv(locations.get(name), true, numbers);
      else gl[setters[numbers.length]](locations.get(name), numbers);
    }
  };
  return { program, set };
}
